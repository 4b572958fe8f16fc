-- The level to what each order moved on each day, in whole numbers, with customers by number.
select owner, order_id, day, {sums}
from level join (select customer_id, owner from people) as people using (customer_id)
{group_by}
order by owner, order_id, day
