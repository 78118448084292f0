"""Both servers and a worker under the supervisor: `tickstock run` without the application or any other package."""

import json
import sys
from pathlib import Path

from app.embedded import places, postgres, valkey
from app.embedded.child import READY_FD, Program
from app.embedded.places import Unusable
from app.embedded.supervise import Supervisor

WORK = f"import os, time; os.write(int(os.environ['{READY_FD}']), b'1'); time.sleep(600)"


def carry(data: Path) -> None:
    where = places.prepare(data, None)
    with places.lock(where.data):

        def tell() -> None:
            fresh = data / "told.new"
            fresh.write_text(json.dumps({"pids": supervisor.pids(), "sockets": str(where.sockets)}))
            fresh.replace(data / "told.json")

        supervisor = Supervisor(lambda line: print(line, flush=True), tell)
        with supervisor.signals():
            supervisor.add([valkey.program(where), postgres.program(where)])
            supervisor.add([Program("worker", (sys.executable, "-c", WORK), {}, after="postgres")])
            supervisor.until_ready(["valkey", "postgres", "worker"], 60)
            print("ready", flush=True)
            supervisor.watch()
            supervisor.stop()
            places.remove_sockets(where)


if __name__ == "__main__":
    try:
        carry(Path(sys.argv[1]))
    except Unusable as refusal:
        raise SystemExit(str(refusal)) from None
