"""Market databases that another engine made, in plain SQL: forms that TickStockPL has or is said to have."""

from collections.abc import Mapping
from typing import NamedTuple


class Foreign(NamedTuple):
    sql: str
    lacks: tuple[str, ...] = ()
    """Of what pages need."""
    read: bool = True
    """Whether the reader's role may select."""


ALL = ("daily_bars", "minute_bars", "instruments", "patterns", "indicators")

DAYS = """
create table ohlcv_daily (symbol varchar(20), date date, open numeric(10,4), high numeric(10,4), low numeric(10,4),
  close numeric(10,4), volume bigint, created_at timestamptz default now(), primary key (symbol, date));
insert into ohlcv_daily select 'BRK.B', day, 10 + n, 11 + n, 9 + n, 10.5 + n, 1000 * n
  from generate_series(1, 40) as n, lateral (select date '2012-07-01' + n) as made (day);
"""

BARS = f"""
{DAYS}
create table ohlcv_1min (symbol varchar(20), timestamp timestamptz, open numeric(10,4), high numeric(10,4),
  low numeric(10,4), close numeric(10,4), volume bigint, primary key (symbol, timestamp));
create table ohlcv_hourly (like ohlcv_1min including all);
insert into ohlcv_1min select 'BRK.B', timestamptz '2012-08-10 13:30Z' + n * interval '1 min', 50, 51, 49, 50.5, 10
  from generate_series(0, 40) as n;
insert into ohlcv_hourly select * from ohlcv_1min limit 1;
"""

SYMBOLS = """
create table symbols (symbol varchar(20) primary key, name varchar(100), exchange varchar(20), last_updated timestamp,
  currency_name varchar(10), type varchar(20), active bool, market_cap bigint, list_date date, sector varchar(50));
insert into symbols values ('BRK.B', 'Berkshire', 'XNYS', now(), 'usd', 'CS', true, 1, '1996-05-09', 'Finance'),
  ('X:BTCUSD', null, null, null, 'eur', null, null, null, null, null);
"""

DOCUMENTED = f"""
{BARS} {SYMBOLS}
create table ohlcv_weekly (symbol varchar(20), week_start date, open numeric, high numeric, low numeric, close numeric,
  volume bigint, primary key (symbol, week_start));
create table ohlcv_monthly (symbol varchar(20), month_start date, open numeric, high numeric, low numeric,
  close numeric, volume bigint, primary key (symbol, month_start));
insert into ohlcv_weekly values ('BRK.B', '2012-07-02', 1, 3, 1, 2, 5);
insert into ohlcv_monthly values ('BRK.B', '2012-07-01', 1, 3, 1, 2, 5);
create table pattern_definitions (id serial primary key, name varchar(100), category varchar(50), enabled bool,
  created_date timestamp, confidence_threshold numeric, applicable_timeframes text[]);
create table daily_patterns (id serial, symbol text, pattern_type text, confidence numeric, pattern_data jsonb,
  detection_timestamp timestamptz, expiration_date timestamptz, levels numeric[], metadata jsonb,
  timeframe text default 'daily');
create table weekly_patterns (like daily_patterns including all);
create table monthly_patterns (like daily_patterns including all);
create table intraday_patterns (id serial, symbol text, pattern_type text, confidence numeric, pattern_data jsonb,
  detection_timestamp timestamptz, expiration_timestamp timestamptz, levels numeric[], metadata jsonb,
  timeframe text default '5min');
create table hourly_patterns (like intraday_patterns including all);
create table daily_intraday_patterns (like intraday_patterns including all, daily_pattern_id int,
  daily_pattern_timestamp timestamptz, intraday_signal jsonb);
create table pattern_detections (id bigserial, pattern_id int references pattern_definitions, symbol varchar(10),
  detected_at timestamp, confidence numeric(4,3), price_at_detection numeric, volume_at_detection bigint,
  pattern_data jsonb, outcome_1d numeric);
create table daily_indicators (id serial, symbol text, indicator_type text, value_data jsonb,
  calculation_timestamp timestamptz, expiration_date timestamptz, metadata jsonb, timeframe text default 'daily');
create table intraday_indicators (id serial, symbol text, indicator_type text, value_data jsonb,
  calculation_timestamp timestamptz, expiration_timestamp timestamptz, metadata jsonb, timeframe text default '5min');
create table cache_entries (id serial, type varchar(50), name varchar(100), key varchar(100), value jsonb);
create table processing_runs (run_id varchar(64) primary key, status varchar(20), phase text);
insert into pattern_definitions (name) values ('WeeklyBO');
insert into daily_patterns (symbol, pattern_type, confidence, detection_timestamp, pattern_data)
  values ('BRK.B', 'Doji', 0.7, '2012-08-10 20:00Z', '{{"direction": "bullish", "price": 12}}');
insert into pattern_detections (pattern_id, symbol, detected_at, confidence) values (1, 'BRK.B', '2012-08-10', 0.9);
insert into daily_indicators (symbol, indicator_type, value_data, calculation_timestamp)
  values ('BRK.B', 'RSI_14', '{{"value": 61.5}}', '2012-08-10 20:00Z');
"""

SPECIFIED = f"""
{BARS} {SYMBOLS}
create table ohlcv_weekly (symbol varchar(10), week_ending date, open numeric(10,2), high numeric(10,2),
  low numeric(10,2), close numeric(10,2), volume bigint);
create table ohlcv_monthly (symbol varchar(10), month_ending date, open numeric(10,2), high numeric(10,2),
  low numeric(10,2), close numeric(10,2), volume bigint);
insert into ohlcv_weekly values ('BRK.B', '2012-07-06', 1, 3, 1, 2, 5);
insert into ohlcv_monthly values ('BRK.B', '2012-07-31', 1, 3, 1, 2, 5);
create table daily_patterns (symbol varchar(10), pattern_name varchar(100), confidence numeric, detected_at timestamp,
  run_id varchar(64), pattern_data jsonb);
create table daily_indicators (symbol varchar(10), indicator_name varchar(50), values jsonb, calculated_at timestamp);
insert into daily_patterns values ('BRK.B', 'Bull_Flag', 0.8, '2012-08-10 20:00', 'r1', '[1, 2]');
insert into daily_indicators values ('BRK.B', 'MACD', '{{"macd": 1.25, "signal": 2}}', '2012-08-10 20:00');
"""

STREAMED = f"""
{BARS} {SYMBOLS}
create table intraday_patterns (session_id uuid, symbol text, pattern_type text, confidence double precision,
  bar_open numeric, bar_high numeric, bar_low numeric, bar_close numeric, bar_volume bigint, detected_at timestamptz,
  metadata json);
create table intraday_indicators (session_id uuid, symbol text, indicator text, value numeric,
  calculated_at timestamptz);
insert into intraday_patterns values (null, 'BRK.B', 'MinuteTrend', 0.5, 1, 1, 1, 1, 1, '2012-08-10 14:00Z', '7');
insert into intraday_indicators values (null, 'BRK.B', 'SMA5', 50.25, '2012-08-10 14:00Z');
"""

LOOSE = """
create table ohlcv_1min ("Extra Column" text, symbol char(20), timestamp bigint, open real, high double precision,
  low double precision, close double precision, volume double precision);
insert into ohlcv_1min values ('x', 'BRK.B', 1344605400, 1, 2, 1, 2, 'NaN'), ('x', 'BRK.B', 1344605460, 1, 2, 1, 2, 3);
create table ohlcv_daily (symbol text, date text, open text, high numeric, low numeric, close numeric, volume numeric,
  "select" int);
insert into ohlcv_daily values ('BRK.B', '2012-02-29', '10', 12, 9, 11, 5), ('BRK.B', '2012-02-30', '10', 12, 9, 11, 5),
  ('BRK.B', 'never', 'much', 12, 9, 11, 5), ('BRK.B', '2012-03-01', '10.5', 'NaN', 9, 11, 1e300),
  ('BRK.B', '2012-03-02', '10.5', 12, 9, 11.5, 6), (null, '2012-03-02', '1', 1, 1, 1, 1);
create table symbols (symbol text, name text, active text, list_date text, currency_name text);
insert into symbols values ('BRK.B', '<b>Berkshire</b>', 'yes', 'long ago', 'USD'), (null, null, null, null, null),
  ('bf/b "x"', 'odd', 't', '2012-01-01', 'GBp');
create table daily_patterns (symbol text, pattern_type text, confidence numeric, detection_timestamp timestamptz,
  pattern_data text, timeframe text);
insert into daily_patterns values ('BRK.B', 'Hammer', 85, 'infinity', '{', null),
  ('BRK.B', 'Hammer', 85, '2012-03-02 21:00Z', '{', null), ('BRK.B', 'Doji', 'NaN', '2012-03-02 21:00Z', '{', null),
  ('BRK.B', null, 1, '2012-03-02 21:00Z', null, null), ('BRK.B', 'Old', 1e300, '4000-01-01 BC', null, null);
create table intraday_patterns (symbol text, pattern_type text, confidence text, detected_at text, pattern_data jsonb);
insert into intraday_patterns values ('BRK.B', 'Breakout', 'high', '2012-03-02T21:00:00Z', '{"price": 1e400}'),
  ('BRK.B', 'Breakout', '0.9', 'yesterday', '{"price": "much"}');
create table daily_indicators (symbol text, indicator_type text, value_data jsonb, calculation_timestamp timestamp);
insert into daily_indicators values ('BRK.B', 'RSI', '{"value": 1e999}', '2012-03-02'),
  ('BRK.B', 'RSI', '55', 'infinity'),
  ('BRK.B', 'SMA_20', '[]', '2012-03-02'), ('BRK.B', 'SMA_50', '{"value": 51, "signal": {"a": 1}}', '2012-03-02');
"""

VIEWED = f"""
create schema warehouse; set search_path to warehouse;
{DOCUMENTED}
reset search_path;
create view ohlcv_daily as select * from warehouse.ohlcv_daily;
create view ohlcv_1min as select * from warehouse.ohlcv_1min;
create materialized view symbols as select * from warehouse.symbols;
create view daily_patterns as select * from warehouse.daily_patterns;
create view daily_indicators as select * from warehouse.daily_indicators;
drop table warehouse.intraday_patterns, warehouse.hourly_patterns, warehouse.weekly_patterns,
  warehouse.monthly_patterns, warehouse.daily_intraday_patterns, warehouse.pattern_detections,
  warehouse.pattern_definitions, warehouse.intraday_indicators, warehouse.ohlcv_hourly, warehouse.ohlcv_weekly,
  warehouse.ohlcv_monthly, warehouse.cache_entries, warehouse.processing_runs;
"""

ELSEWHERE = f'create schema "Tick Stock; PL"; set search_path to "Tick Stock; PL"; {DOCUMENTED} reset search_path;'

HOLLOW = "; ".join(
    f"create table {name} (nothing int)"
    for name in ("ohlcv_daily", "ohlcv_1min", "symbols", "daily_patterns", "pattern_detections", "daily_indicators")
)

FOREIGN: Mapping[str, Foreign] = {
    "documented": Foreign(DOCUMENTED),
    "specified": Foreign(SPECIFIED),
    "streamed": Foreign(STREAMED),
    "loose": Foreign(LOOSE),
    "viewed": Foreign(VIEWED),
    "elsewhere": Foreign(ELSEWHERE),
    "days-alone": Foreign(DAYS, ALL[1:]),
    "hollow": Foreign(HOLLOW, ALL),
    "unreadable": Foreign(DOCUMENTED, ALL, read=False),
    "empty": Foreign("select 1", ALL),
}
