-- A whole number in [0, n) that depends on nothing but the seed, the row and the use it is put to: the same on every
-- run and in whatever order rows are made. Lives as long as the session; inlined into the queries that call it.
CREATE FUNCTION pg_temp.pick(id bigint, salt int, n int) RETURNS int LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ((hashint8extended(id, {seed}::bigint * 1000 + salt) & 9007199254740991) % n)::int;
