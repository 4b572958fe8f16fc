-- Orders that recur with the same rows in another file.
with numbered as ({numbered})
select count(*) from (select distinct c, o from numbered where copy > 1)
