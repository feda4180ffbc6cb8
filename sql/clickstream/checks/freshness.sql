-- title: No new clicks
-- description: The newest click arrived more than {fresh_hours} hours ago, or there is none of the last {days} days.
-- position: 8
-- severity: error
-- parameter: days type=integer default=7
-- parameter: fresh_hours type=integer default=24
-- placeholders: days fresh_hours
-- remedy: Follow the data: does the API answer (alarms, access log), does the stream deliver, does the transform fail or reject everything (rejected/, errors/)? ansible-playbook playbooks/send-clicks.yml sends some to try it.
SELECT
    max(arrived_at) AS newest,
    date_diff('minute', max(try(from_iso8601_timestamp(arrived_at))), current_timestamp) AS minutes_ago
FROM my_ingested_data
WHERE datehour >= date_format(date_add('day', -1 * ?, current_timestamp), '%Y/%m/%d/%H')
HAVING coalesce(date_diff('minute', max(try(from_iso8601_timestamp(arrived_at))), current_timestamp) > 60 * ?, true)
