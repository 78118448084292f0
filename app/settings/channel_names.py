"""Names of Redis channels, for installations that call them differently."""

from typing import Annotated

from pydantic import BaseModel, Field

Name = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^\S+$")]

_PLURALS = {"pattern": "patterns", "indicator": "indicators", "error": "errors"}


class ChannelNames(BaseModel):
    """None: the name of the Redis contract."""

    ticks_channel: Name | None = None
    pattern_channel: Name | None = None
    indicator_channel: Name | None = None
    processing_channel: Name | None = None
    health_channel: Name | None = None
    monitoring_channel: Name | None = None
    error_channel: Name | None = None
    backtest_progress_channel: Name | None = None
    backtest_results_channel: Name | None = None
    processing_status_channel: Name | None = None
    processing_schedule_channel: Name | None = None
    import_started_channel: Name | None = None
    import_progress_channel: Name | None = None
    import_completed_channel: Name | None = None
    import_status_channel: Name | None = None
    cache_started_channel: Name | None = None
    cache_progress_channel: Name | None = None
    cache_completed_channel: Name | None = None
    sync_triggered_channel: Name | None = None
    sync_complete_channel: Name | None = None
    ipo_assignment_channel: Name | None = None
    delisting_cleanup_channel: Name | None = None
    universe_updated_channel: Name | None = None
    indicators_started_channel: Name | None = None
    indicators_progress_channel: Name | None = None
    indicators_completed_channel: Name | None = None
    indicators_calculated_channel: Name | None = None
    indicators_streaming_channel: Name | None = None
    patterns_started_channel: Name | None = None
    patterns_progress_channel: Name | None = None
    patterns_completed_channel: Name | None = None
    patterns_detected_channel: Name | None = None
    patterns_streaming_channel: Name | None = None
    session_started_channel: Name | None = None
    session_stopped_channel: Name | None = None
    streaming_health_channel: Name | None = None
    indicator_alerts_channel: Name | None = None
    critical_alerts_channel: Name | None = None
    symbol_listed_channel: Name | None = None
    symbol_changed_channel: Name | None = None
    symbol_archived_channel: Name | None = None
    backfill_started_channel: Name | None = None
    backfill_progress_channel: Name | None = None
    backfill_completed_channel: Name | None = None
    maintenance_started_channel: Name | None = None
    maintenance_completed_channel: Name | None = None
    price_anomaly_channel: Name | None = None
    volume_anomaly_channel: Name | None = None
    volume_spike_channel: Name | None = None
    data_gap_channel: Name | None = None
    stale_data_channel: Name | None = None
    data_stale_channel: Name | None = None
    quality_summary_channel: Name | None = None
    quality_report_channel: Name | None = None

    def channels(self) -> dict[str, str]:
        """The overridden names, by the field names of wire.channels.Channels."""
        overrides = {key: getattr(self, key) for key in ChannelNames.model_fields}
        return {field(key): name for key, name in overrides.items() if name}


def field(key: str) -> str:
    name = key.removesuffix("_channel")
    return _PLURALS.get(name, name)


VARIABLES = {f"REDIS_{key.upper()}": f"redis.{key}" for key in ChannelNames.model_fields}
