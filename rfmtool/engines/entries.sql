-- Books to what each order moved on each day, in whole numbers: customers and orders by number.
with entries as (
    select
        customer_id,
        order_id,
        day,
        sum(sales) as sales,
        sum(refunds) as refunds{costs}
    from books
    group by customer_id, order_id, day
)
select
    owner,
    dense_rank() over (order by owner, order_id) - 1 as order_number,
    day,
    sales,
    refunds{names}
from entries join people on entries.customer_id = people.customer_id
order by owner, order_number, day
