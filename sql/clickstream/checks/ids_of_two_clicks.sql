-- title: One id for different clicks
-- description: Click ids of the last {days} days under which clicks of different contents came: they are counted as one.
-- position: 1
-- severity: error
-- parameter: days type=integer default=7
-- placeholders: days
-- remedy: Find out which page sends them (source_menu): a click_id is made once for each click, as static/clicks.js does, and again only when the same click is sent again.
SELECT
    click_id,
    count(*) AS times,
    min(element_clicked) AS one_element,
    max(element_clicked) AS other_element,
    min(source_menu) AS one_menu,
    max(source_menu) AS other_menu,
    min(created_at) AS one_time,
    max(created_at) AS other_time
FROM my_ingested_data
WHERE
    datehour >= date_format(date_add('day', -1 * ?, current_timestamp), '%Y/%m/%d/%H')
    AND click_id IS NOT NULL
GROUP BY click_id
HAVING
    count(DISTINCT element_clicked) > 1
    OR count(DISTINCT source_menu) > 1
    OR count(DISTINCT created_at) > 1
    OR count(DISTINCT time_spent) > 1
ORDER BY times DESC, click_id
