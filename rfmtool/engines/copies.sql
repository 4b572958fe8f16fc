-- Lines in which the money of an order that recurs with the same rows in another file counts once.
create temp view {target} as
with numbered as ({numbered})
select {others}, {money}
from {source} join numbered on customer_id = c and order_id = o and file = f
