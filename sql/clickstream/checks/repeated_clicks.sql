-- title: Many clicks came more than once
-- description: More than {repeated_percent} % of the clicks of the last {days} days that bear an id came more than once. They are counted once, but paid for each time.
-- position: 2
-- severity: warning
-- parameter: days type=integer default=7
-- parameter: repeated_percent type=integer default=5
-- placeholders: days repeated_percent
-- remedy: Browsers send again what they got no answer for: look at the API's latency and errors (alarms, access log), and at throttles (429) that a larger usage plan would spare.
SELECT
    count(*) AS received,
    count(DISTINCT click_id) AS clicks,
    count(*) - count(DISTINCT click_id) AS repeated,
    CAST(100.00 * (count(*) - count(DISTINCT click_id)) / count(*) AS decimal(5, 2)) AS percent
FROM my_ingested_data
WHERE
    datehour >= date_format(date_add('day', -1 * ?, current_timestamp), '%Y/%m/%d/%H')
    AND click_id IS NOT NULL
HAVING 100 * (count(*) - count(DISTINCT click_id)) > ? * count(*)
