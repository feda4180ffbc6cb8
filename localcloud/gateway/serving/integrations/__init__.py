"""What methods call: each module answers a Call with a Told.

mock      nothing
firehose  Firehose's puts, in this process: what clicks take
services  any other action of AWS, signed with the integration's role
function  Lambda functions, as events of the proxy format or as they are
endpoint  HTTP servers
"""
