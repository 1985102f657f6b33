-- Version 15: what a usage point went through is asked for each customer.
CREATE INDEX outage_member_history ON outage_member (usage_point, began_s);
