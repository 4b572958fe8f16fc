-- The level to the daily amounts of each order, in integers, with customers by number.
select owner, order_id, day, {sums}
from level join (select customer_id, owner from people) as people using (customer_id)
{group_by}
order by owner, order_id, day
