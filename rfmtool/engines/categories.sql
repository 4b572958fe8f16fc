-- Books to what each customer spent in each category up to the end of a day, and on how many days
-- they bought in it.
with days as (
    select customer_id, category, day, sum(sales) as sales, sum(refunds) as refunds
    from books
    where day <= {until} and category is not null
    group by customer_id, category, day
),
totals as (
    select
        customer_id,
        category,
        sum(sales) - sum(refunds) as net,
        count(*) filter (where sales > 0) as days_bought
    from days
    group by customer_id, category
)
select owner, category, net, days_bought
from totals join people on totals.customer_id = people.customer_id
order by owner, category
