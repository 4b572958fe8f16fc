-- Lines to the finest level that is kept: what each order moved on each day, by category where
-- that is told by whole orders. Of several words on one day the largest by bytes stays, in whatever
-- order lines come.
select {keys}, {sums}
from lines
group by {keys}
