-- One customer id for each person in the level.
update level set customer_id = person_id from same where level.customer_id = same.customer_id
