-- Orders by file, those that recur with the same rows in another file numbered from 1. Equal sums
-- show the same rows: sums do not depend on how rows were collapsed to lines.
select
    customer_id as c,
    order_id as o,
    file as f,
    rows as size,
    sales - refunds as net,
    row_number() over (
        partition by customer_id, order_id, first_day, last_day, sales, refunds, rows
        order by file
    ) as copy
from (
    select
        customer_id,
        order_id,
        file,
        min(day) as first_day,
        max(day) as last_day,
        sum(cast(sales as decimal(38, 0))) as sales,
        sum(cast(refunds as decimal(38, 0))) as refunds,
        sum(rows) as rows
    from {source}
    group by customer_id, order_id, file
)
