-- How the files here were made, by DuckDB 1.5.6.
CREATE TABLE sample AS SELECT * FROM (VALUES
  (1, 'AmazonEC2', 0.1::DOUBLE, (-1.5)::FLOAT, true, (-128)::TINYINT, 65535::USMALLINT,
   18446744073709551615::UBIGINT, 1.05::DECIMAL(9, 2), (-0.0001)::DECIMAL(18, 4),
   99999999999999999999.0000000001::DECIMAL(38, 10), DATE '2026-11-23',
   TIMESTAMP '2026-11-23 14:00:00.5', TIMESTAMPTZ '2026-11-23 14:00:00+00', TIME '23:59:59.000001',
   '00112233-4455-6677-8899-aabbccddeeff'::UUID, '\x00\xFF'::BLOB, MAP {'user:owner': 'ops', 'env': ''},
   MAP {'EDP': 0.25::DOUBLE}, [1, NULL, 3]),
  (2, '', 1e-9, 3.4028235e38, false, 127, 0, 0, -9999999.99, 12345678901234.5678, 0, DATE '1970-01-01',
   TIMESTAMP '1969-12-31 23:59:59.999999', TIMESTAMPTZ '0001-01-01 00:00:00+00', TIME '00:00:00',
   'ffffffff-ffff-ffff-ffff-ffffffffffff', '', MAP {}::MAP(VARCHAR, VARCHAR), MAP {'a': NULL::DOUBLE}, []),
  (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
   NULL, NULL, NULL),
  (4, 'Käse, "x"', 12345678.9, 0.1, true, 1, 1, 1, 0, 0, -1.5, DATE '9999-12-31',
   TIMESTAMP '2000-02-29 12:34:56.789', TIMESTAMPTZ '1999-12-31 23:00:00-01', TIME '12:00:00.5',
   '00000000-0000-0000-0000-000000000000', 'abc', MAP {'k': NULL::VARCHAR}, MAP {'b': 1e300::DOUBLE}, [7]))
  t(id, text, double, float, bool, tiny, usmall, ubig, dec9, dec18, dec38, date, stamp, stamptz, time,
    uuid, blob, tags, discount, list);
COPY sample TO 'v1_snappy.parquet' (FORMAT parquet, COMPRESSION snappy, PARQUET_VERSION v1);
COPY sample TO 'v1_gzip.parquet' (FORMAT parquet, COMPRESSION gzip, PARQUET_VERSION v1);
COPY sample TO 'v1_brotli.parquet' (FORMAT parquet, COMPRESSION brotli, PARQUET_VERSION v1);
COPY sample TO 'v2_zstd.parquet' (FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION v2);
COPY sample TO 'v2_lz4_raw.parquet' (FORMAT parquet, COMPRESSION lz4_raw, PARQUET_VERSION v2);
CREATE TABLE many AS SELECT i::INTEGER AS id,
  CASE WHEN i % 5 > 0 THEN 'service-' || i % 7 END AS service, (i % 11) * 0.25::DOUBLE AS cost,
  CASE WHEN i % 9 > 0 THEN MAP {'k' || i % 3: (i % 4)::VARCHAR, 'all': NULL} END AS tags
  FROM range(3000) r(i);
COPY many TO 'many_v1_snappy.parquet'
  (FORMAT parquet, COMPRESSION snappy, PARQUET_VERSION v1, ROW_GROUP_SIZE 2048);
COPY many TO 'many_v2_zstd.parquet'
  (FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION v2, ROW_GROUP_SIZE 2048);
