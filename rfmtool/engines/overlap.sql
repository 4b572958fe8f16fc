-- The number of orders that recur with the same rows in another file, and the rows and money of
-- these copies.
with numbered as ({numbered}),
recurring as (
    select c, sum(size) as size, sum(net) as net
    from numbered
    where copy > 1
    group by c, o
)
select count(*), coalesce(sum(size), 0), coalesce(sum(net) filter (where c is null), 0)
from recurring
