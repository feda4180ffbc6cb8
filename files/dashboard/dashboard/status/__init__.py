"""How each pipeline does: what came in, what was made of it, what waits, what is wrong.

`questions` asks AWS, through aws.Aws; `model` makes a Status of the answers, without a clock or a network; `report` writes it for
people and as plain values. The page and the playbook show-status.yml are two users of the same code.
"""
