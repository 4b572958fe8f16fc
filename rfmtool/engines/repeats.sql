-- Lines in which an amount that several lines of an order repeat counts once, on the first day, and
-- so does a refund of one day, which may stand in some of those lines only. Costs are those of each
-- line.
create temp view {target} as
select
    {others},
    {cost}
    case when row_number() over (
        partition by customer_id, order_id, sales order by day, {others}
    ) = 1 then sales else 0 end as sales,
    case when row_number() over (
        partition by customer_id, order_id, day, refunds order by {others}
    ) = 1 then refunds else 0 end as refunds
from {source}
