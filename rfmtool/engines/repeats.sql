-- Lines in which an amount that several lines of an order repeat counts once, on the first day, and
-- so does a refund of one day, which may stand in some of those lines only. Costs are those of each
-- line. Of equal lines it is the first by the columns that money is grouped by later.
create temp view {target} as
select
    {others},
    {cost}
    case when row_number() over (
        partition by customer_id, order_id, sales order by day, {ties}
    ) = 1 then sales else 0 end as sales,
    case when row_number() over (
        partition by customer_id, order_id, day, refunds order by {ties}
    ) = 1 then refunds else 0 end as refunds
from {source}
