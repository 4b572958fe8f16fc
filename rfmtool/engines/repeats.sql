-- Lines in which an amount that several lines of an order repeat counts once, on the first day.
create temp view {target} as
select {others}, {money}
from (
    select
        *,
        row_number() over (
            partition by customer_id, order_id, sales, refunds order by day, {others}
        ) as copy
    from {source}
)
