-- What the layers mean, for questions in words: Cortex Analyst reads this view.
--
-- semantic_model.yaml says the same; SYSTEM$CREATE_SEMANTIC_VIEW_FROM_YAML takes it with TRUE as its
-- last argument to check it only. Replaced with its grants, since a view holds no data.

USE ROLE {{ transformer }};

{{ semantic_view }}

GRANT SELECT ON SEMANTIC VIEW {{ gold }}.GRID_ANALYTICS TO ROLE {{ reader }};
