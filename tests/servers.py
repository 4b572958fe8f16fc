"""Servers on the loopback that tests start for themselves, in a temporary folder, and end."""

import json
import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote
from urllib.request import Request, urlopen

import pytest
from pyarrow import fs

PASSWORD = "correct horse"  # noqa: S105 - of a server that lives for a minute


def free_port():
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        return opened.getsockname()[1]


def _programs():
    """Where PostgreSQL keeps initdb and pg_ctl: rarely on the path."""
    found = shutil.which("initdb")
    places = [Path(found).parent] if found else []
    return max([*places, *Path("/usr/lib/postgresql").glob("*/bin")], default=None)


def _unprivileged():
    """Who may run a server: it refuses root."""
    if os.geteuid():
        return {}
    import pwd

    known = {entry.pw_name for entry in pwd.getpwall()}
    return {"user": "postgres" if "postgres" in known else "nobody"}


@contextmanager
def postgresql():
    """A cluster of its own in a folder of its own; gives the URL of its database.

    Skips where PostgreSQL is not installed.
    """
    programs = _programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed")
    who, port = _unprivileged(), free_port()
    with tempfile.TemporaryDirectory(prefix="rfmtool-postgresql-") as name:
        folder, data, password = Path(name), Path(name, "data"), Path(name, "password")
        folder.chmod(0o711)
        data.mkdir()
        password.write_text(PASSWORD)
        if who:
            shutil.chown(data, **who)
            shutil.chown(password, **who)

        def call(program, *words):
            done = subprocess.run(  # noqa: S603 - the server's own programs
                [programs / program, "-D", data, *words], cwd="/", text=True, check=False,
                stdout=subprocess.DEVNULL, env={**os.environ, "LC_ALL": "C"}, **who,
            )  # fmt: skip
            assert not done.returncode

        call("initdb", "-U", "shop", "-A", "scram-sha-256", "-N", "-E", "UTF8",
             f"--pwfile={password}")  # fmt: skip
        options = f"-p {port} -k '' -c listen_addresses=127.0.0.1 -c fsync=off"
        call("pg_ctl", "-w", "-l", data / "log", "-o", options, "start")
        try:
            yield f"postgresql://shop:{quote(PASSWORD)}@127.0.0.1:{port}/postgres"
        finally:
            call("pg_ctl", "-w", "-m", "immediate", "stop")


@pytest.fixture(scope="session")
def server():
    """The URL of a PostgreSQL that all tests share."""
    pytest.importorskip("adbc_driver_postgresql", reason="the driver is not installed")
    with postgresql() as url:
        yield url


@pytest.fixture(scope="session")
def sql(server):
    """Run statements, committed together, and fetch what the last one answers."""
    from adbc_driver_postgresql import dbapi

    def run_all(*statements):
        with dbapi.connect(server) as connection:
            with connection.cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)
                rows = cursor.fetchall() if cursor.description else []
            connection.commit()
        return rows

    return run_all


def _listening(port, process, seconds=120):
    """Wait until a server answers."""
    for _ in range(seconds * 10):
        assert process.poll() is None, "the server has ended"
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    pytest.fail("the server never answered")


@contextmanager
def _process(words, port, **environment):
    """A server in a process group of its own."""
    process = subprocess.Popen(  # noqa: S603 - a server's own program
        words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        env={**os.environ, **environment},
    )  # fmt: skip
    try:
        _listening(port, process)
        yield
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@contextmanager
def sail():
    """A server of Sail, a cluster in one process."""
    pytest.importorskip("pysail", reason="Sail is not installed")
    port = free_port()
    words = [sys.executable, "-m", "pysail", "spark", "server", "--port", str(port)]
    with _process(words, port, RUST_LOG="off"):
        yield f"sc://127.0.0.1:{port}"


@contextmanager
def spark():
    """A server of Spark with two workers in one Java, where SPARK_HOME says that it is."""
    home = os.environ.get("SPARK_HOME")
    if not home or not shutil.which("java"):
        pytest.skip("SPARK_HOME names no Spark, or there is no Java")
    port = free_port()
    settings = {"spark.connect.grpc.binding.address": "127.0.0.1",
                "spark.connect.grpc.binding.port": port, "spark.ui.enabled": "false",
                "spark.sql.shuffle.partitions": 2}  # fmt: skip
    words = [f"{home}/sbin/start-connect-server.sh", "--master", "local[2]"]
    words += [word for name, value in settings.items() for word in ("--conf", f"{name}={value}")]
    places = {"SPARK_NO_DAEMONIZE": "1", "SPARK_LOCAL_IP": "127.0.0.1"}
    with _process(words, port, PYSPARK_PYTHON=sys.executable, **places):
        yield f"sc://127.0.0.1:{port}"


@pytest.fixture(scope="session", params=[sail, spark], ids=["sail", "spark"])
def cluster(request):
    """The URL of a cluster that all tests share."""
    pytest.importorskip("pyspark", reason="the client of Spark Connect is not installed")
    with request.param() as url:
        yield url


@pytest.fixture(scope="session")
def s3():
    """A store without anything in its one bucket; the environment leads there."""
    server = pytest.importorskip("moto.server", reason="moto is not installed")
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    started = server.ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    started.start()
    host, port = started.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        patch.setenv("AWS_ACCESS_KEY_ID", "anybody")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "hush")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        files = fs.S3FileSystem(
            endpoint_override=f"http://{host}:{port}", region="us-east-1",
            allow_bucket_creation=True,
        )  # fmt: skip
        files.create_dir("shops")
        yield files
    started.stop()


@contextmanager
def google():
    """A store that speaks as Google's does, with one bucket; gives a URL and its parameters."""
    program = shutil.which("gcp-storage-emulator")
    if program is None:
        pytest.skip("gcp-storage-emulator is not installed")
    port = free_port()
    words = [program, "start", "--host", "127.0.0.1", "--port", str(port), "--in-memory"]
    with _process(words, port):
        bucket = json.dumps({"name": "shops"}).encode()
        where, kind = f"http://127.0.0.1:{port}/storage/v1/b?project=x", "application/json"
        urlopen(Request(where, bucket, {"Content-Type": kind})).close()
        yield "gs://anonymous@shops", f"?endpoint_override=127.0.0.1:{port}&scheme=http"


@contextmanager
def azure():
    """A store that speaks as Azure's does, with one container; gives a URL and its parameters."""
    program = shutil.which("azurite-blob")
    if program is None:
        pytest.skip("azurite is not installed")
    port, where = free_port(), {}
    for api in ("blob", "dfs"):
        where[f"{api}_storage_authority"] = f"127.0.0.1:{port}"
        where[f"{api}_storage_scheme"] = "http"
    # The account that all emulators have, and its key.
    account, key = "devstoreaccount1", (
        "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
    )  # fmt: skip
    words = [program, "--inMemoryPersistence", "--silent", "--skipApiVersionCheck",
             "--disableTelemetry", "--blobHost", "127.0.0.1", "--blobPort", str(port)]  # fmt: skip
    with _process(words, port), pytest.MonkeyPatch.context() as patch:
        patch.setenv("AZURE_STORAGE_ACCOUNT", account)
        patch.setenv("AZURE_STORAGE_KEY", key)
        fs.AzureFileSystem(account, account_key=key, **where).create_dir("shops")
        yield "az://shops", "?" + "&".join(f"{name}={value}" for name, value in where.items())


@pytest.fixture(scope="session", params=[google, azure], ids=["google", "azure"])
def other_store(request):
    """Makes the URL of a place in a store that is not S3."""
    with request.param() as (url, parameters):
        yield lambda path: f"{url}/{path}{parameters}"
