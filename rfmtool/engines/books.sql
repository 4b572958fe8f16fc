-- The level with one name for each person, without the orders that have a line that is no sale.
create table books as
with named as (
    select level.*, coalesce(same.person_id, level.customer_id) as person_id
    from level left join same on level.customer_id = same.customer_id
),
void as (select person_id, order_id from named where not is_sale group by person_id, order_id)
select
    named.person_id as customer_id,
    named.order_id,
    day,
    sales,
    refunds,
    rows{costs}{category}{texts}
from named left join void on named.person_id = void.person_id and named.order_id = void.order_id
where void.order_id is null
