-- title: Values that no click can have
-- description: Clicks of the last {days} days without element or menu, or with a time spent or an id that no click may have.
-- position: 3
-- severity: error
-- parameter: days type=integer default=7
-- placeholders: days
-- remedy: The API and the transform refuse such clicks, so something else wrote the object (SELECT "$path" …). Move it out of clicks/.
SELECT
    CASE
        WHEN element_clicked IS NULL OR element_clicked = '' OR length(element_clicked) > 200 THEN 'element'
        WHEN source_menu IS NULL OR source_menu = '' OR length(source_menu) > 200 THEN 'menu'
        WHEN time_spent IS NULL OR time_spent < 0 OR time_spent > 86400 THEN 'time spent'
        ELSE 'id'
    END AS fault,
    element_clicked,
    time_spent,
    source_menu,
    click_id,
    created_at,
    arrived_at,
    datehour
FROM my_ingested_data
WHERE
    datehour >= date_format(date_add('day', -1 * ?, current_timestamp), '%Y/%m/%d/%H')
    AND (
        element_clicked IS NULL
        OR element_clicked = ''
        OR length(element_clicked) > 200
        OR source_menu IS NULL
        OR source_menu = ''
        OR length(source_menu) > 200
        OR time_spent IS NULL
        OR time_spent < 0
        OR time_spent > 86400
        OR click_id = ''
        OR length(click_id) > 64
        OR regexp_like(click_id, '\s')
    )
ORDER BY fault, arrived_at, element_clicked
