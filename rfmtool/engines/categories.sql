-- The level to what each customer spent in each category.
with totals as (
    select customer_id, category, sum(sales) - sum(refunds) as net
    from level
    where category is not null
    group by customer_id, category
)
select owner, category, net
from totals join people on totals.customer_id = people.customer_id
order by owner, category
