-- Lines to the finest level that is kept: what each order moved on each day, by category where
-- the export has one. Of several words on one day the largest by bytes stays, in whatever order
-- rows come.
create table level as
select
    customer_id,
    order_id,
    day,
    sum(cast(sales as {money})) as sales,
    sum(cast(refunds as {money})) as refunds,
    sum(cast(rows as bigint)) as rows,
    bool_and(is_sale) as is_sale{costs}{category}{texts}{marks}
from lines
group by customer_id, order_id, day{category}
