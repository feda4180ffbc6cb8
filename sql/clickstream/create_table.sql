-- kind: table
-- title: Clicks
-- description: Valid clicks as they were sent, by the UTC hour of their arrival; which hours there are follows from a rule, and nobody registers them.
CREATE EXTERNAL TABLE IF NOT EXISTS my_ingested_data (
    element_clicked string,
    time_spent int COMMENT 'seconds',
    source_menu string,
    created_at string COMMENT 'when it was clicked by the browser clock: UTC, ISO 8601',
    click_id string COMMENT 'rows with the same one are one click; may be missing',
    arrived_at string COMMENT 'UTC, ISO 8601 with milliseconds',
    created_at_sent string COMMENT 'created_at as it was sent, where it was put into form'
)
PARTITIONED BY (
    datehour string COMMENT 'hour of arrival, yyyy/MM/dd/HH'
)
ROW FORMAT SERDE 'org.apache.hive.hcatalog.data.JsonSerDe'
LOCATION '${location}'
TBLPROPERTIES (
    'classification' = 'json',
    'projection.enabled' = 'true',
    'projection.datehour.type' = 'date',
    'projection.datehour.format' = 'yyyy/MM/dd/HH',
    'projection.datehour.range' = '2026/01/01/00,NOW',
    'projection.datehour.interval' = '1',
    'projection.datehour.interval.unit' = 'HOURS',
    'storage.location.template' = '${location}${datehour}/'
)
