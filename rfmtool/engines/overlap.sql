-- Orders that recur with the same rows in another file.
with parts as (
    select
        customer_id,
        order_id,
        file,
        min(day) as first_day,
        max(day) as last_day,
        sum(cast(sales as decimal(38, 0))) as sales,
        sum(cast(refunds as decimal(38, 0))) as refunds,
        sum(rows) as rows
    from lines
    group by customer_id, order_id, file
),
same as (
    select customer_id, order_id
    from parts
    group by customer_id, order_id, first_day, last_day, sales, refunds, rows
    having count(*) > 1
)
select count(*) from (select distinct customer_id, order_id from same)
