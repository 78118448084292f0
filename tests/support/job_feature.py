"""A feature that shows the states of jobs: `job:<id>` is a state topic, drawn from what the engine stored."""

from app.deps import AppContext
from app.live.topics import TopicFamily, rest
from app.push import Push
from app.wire.events.event import JobStatus
from app.wire.jobs.statuses import JobStatusReader


def on_job_status(event: JobStatus) -> list[Push]:
    return [_card(event)]


async def snapshot(topic: str, statuses: JobStatusReader) -> list[Push]:
    reading = await statuses.read(rest(topic))
    return [_card(reading.job)] if reading else []


def _card(job: JobStatus) -> Push:
    markup = f'<p id="job">{job.job_id} is {job.status}, {job.done} of {job.total}</p>'
    return Push(f"job:{job.job_id}", "job", "replace", lambda _view: markup)


def declare(context: AppContext) -> None:
    async def draw(topic: str) -> list[Push]:
        return await snapshot(topic, context.statuses)

    context.topics.add(TopicFamily("job", "state", draw, accepts=bool))  # type: ignore[attr-defined]
    context.relay.add(JobStatus, on_job_status)  # type: ignore[attr-defined]
