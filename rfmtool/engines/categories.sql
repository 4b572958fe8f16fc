-- The level to the net spend of each customer in each category.
with totals as (
    select customer_id, category, sum(sales) - sum(refunds) as net,
        max(case when sales > 0 then day else -2147483648 end) as last_day
    from level
    where category is not null
    group by customer_id, category
)
select owner, category, net, last_day
from totals join people on totals.customer_id = people.customer_id
order by owner, category
