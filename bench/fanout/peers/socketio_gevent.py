"""Flask-SocketIO on gevent: a WebSocket for each reader, one emit for each message."""

from gevent import monkey

monkey.patch_all()

import sys  # noqa: E402

from flask import Flask, request  # noqa: E402
from flask_socketio import SocketIO  # noqa: E402

app = Flask(__name__)
# The load client does not answer pings: there must be none while it measures.
socketio = SocketIO(app, async_mode="gevent", ping_interval=3600)


@app.post("/publish")
def publish() -> str:
    """Publishes each line of the body as a message."""
    body = request.environ["wsgi.input"]
    while line := body.readline():
        socketio.emit("message", line.decode().rstrip("\n"))
    return ""


if __name__ == "__main__":
    socketio.run(app, host="127.0.0.1", port=int(sys.argv[1]))
