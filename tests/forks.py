"""`rfmtool` as a process that is there at once: forked from one that has imported everything.

    python tests/forks.py serve LISTENER       a socket that it inherits; it ends when its stdin does
    python -IS tests/forks.py call PLACE ...   stands for `rfmtool ...`; where that socket listens

What is called has the open files, folder, environment, limits and ignored signals of the caller,
who passes signals on to it and ends as it does. What it does not have is a start of Python of its
own: what that reads, such as PYTHONUNBUFFERED, has no effect.
"""

from __future__ import annotations

import fcntl
import marshal
import os
import resource
import signal
import socket
import sys

MESSAGE_BYTES, MOST_FILES = 1 << 20, 64
PASSED_ON = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


# The caller, which imports next to nothing -------------------------------------------------------


def call(place, *words):
    """Have a command forked, wait for it, and end as it does."""
    files = [number for number in range(MOST_FILES) if _is_open(number)]  # but for the socket
    ignored = [number for number in PASSED_ON if signal.getsignal(number) == signal.SIG_IGN]
    told = (words, files, os.getcwd(), dict(os.environ), list(map(int, ignored)),
            resource.getrlimit(resource.RLIMIT_FSIZE))  # fmt: skip
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as server:
        server.connect(place)
        socket.send_fds(server, [marshal.dumps(told)], files)
        command = int(server.recv(32))
        for number in set(PASSED_ON) - set(ignored):
            signal.signal(number, lambda number, _: os.kill(command, number))
        code = int(server.recv(32))
    if code < 0:
        signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code)


def _is_open(number):
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


# The server --------------------------------------------------------------------------------------


def import_all():
    """Import every module of rfmtool, and so what they rest on."""
    import importlib
    import pkgutil

    import rfmtool

    for module in pkgutil.walk_packages(rfmtool.__path__, "rfmtool."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)


def _let_go_of_the_ended():
    from contextlib import suppress

    with suppress(ChildProcessError):  # there are none
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def serve(inherited):
    """Fork a command for every call; returns in each of them, as what the caller is."""
    import gc
    import select

    import_all()
    gc.freeze()  # so that nothing is copied for the sake of counting it
    with socket.socket(fileno=int(inherited)) as listener:
        while sys.stdin not in select.select([listener, sys.stdin], [], [])[0]:
            caller, _ = listener.accept()
            if not os.fork():
                break
            caller.close()
            _let_go_of_the_ended()
        else:
            _let_go_of_the_ended()
            os._exit(0)
    with caller:
        data, files, _, _ = socket.recv_fds(caller, MESSAGE_BYTES, MOST_FILES)
        command = os.fork()
        if command:
            caller.send(b"%d" % command)
            _, status = os.waitpid(command, 0)
            caller.send(b"%d" % os.waitstatus_to_exitcode(status))
            os._exit(0)
    become(files, *marshal.loads(data))  # noqa: S302 - our own caller's


def become(files, words, numbers, folder, environment, ignored, file_size):
    """Be to the system what the caller is."""
    import time

    files = [fcntl.fcntl(file, fcntl.F_DUPFD, MOST_FILES) for file in files]  # out of the way
    os.closerange(0, MOST_FILES)
    for file, number in zip(files, numbers, strict=True):
        os.dup2(file, number)
        os.close(file)
    for number in PASSED_ON:
        signal.signal(number, signal.SIG_IGN if number in ignored else signal.SIG_DFL)
    if signal.SIGINT not in ignored:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    resource.setrlimit(resource.RLIMIT_FSIZE, file_size)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    for number, (name, mode) in enumerate((("stdin", "r"), ("stdout", "w"), ("stderr", "w"))):
        buffering = 1 if name == "stderr" else -1
        setattr(sys, name, os.fdopen(number, mode, buffering, "utf-8", closefd=False)
                if number in numbers else None)  # fmt: skip
    sys.argv = ["rfmtool", *words]


if __name__ == "__main__":
    if sys.argv[1] == "call":
        call(*sys.argv[2:])
    serve(sys.argv[2])
    from rfmtool.__main__ import main

    main()
