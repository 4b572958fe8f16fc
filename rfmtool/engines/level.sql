-- Lines to the finest level that is kept: what each order moved on each day, by category where
-- that is told by whole orders. Of several words on one day the largest by bytes stays, in whatever
-- order lines come.
create table level as
select customer_id, order_id, day{category}, {sums}
from lines
group by customer_id, order_id, day{category}
