-- The level without the orders that have a line that is not a sale. A new table, because DuckDB
-- holds rows that are deleted in place in memory.
create table sold as
select level.*
from level
anti join (select customer_id, order_id from level where not is_sale) as void
    using (customer_id, order_id);
drop table level;
alter table sold rename to level
