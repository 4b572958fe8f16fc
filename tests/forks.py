"""Programs that are there at once: forked from a process that has imported everything.

    python tests/forks.py serve LISTENER       a socket that it inherits; it ends with its stdin
    python -IS tests/forks.py call PLACE ...   stands for `rfmtool ...`, `python SCRIPT ...` or
                                               `python -c CODE ...`; PLACE is where that socket is

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
    """Have a program forked, wait for it, and end as it does."""
    files = [number for number in range(MOST_FILES) if _is_open(number)]  # but for the socket
    ignored = [number for number in PASSED_ON if signal.getsignal(number) == signal.SIG_IGN]
    told = {"words": words, "files": files, "folder": os.getcwd(),  # noqa: PTH109 - pathlib is slow
            "environment": dict(os.environ), "ignored": list(map(int, ignored)),
            "file_size": resource.getrlimit(resource.RLIMIT_FSIZE)}  # fmt: skip
    programs, came = [], []

    def pass_on(number, _):
        if programs:
            os.kill(programs[0], number)
        else:
            came.append(number)

    for number in set(PASSED_ON) - set(ignored):  # now, for the program may be quicker than we are
        signal.signal(number, pass_on)
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as server:
        server.connect(place)
        socket.send_fds(server, [marshal.dumps(told)], files)
        programs.append(int(server.recv(32)))
        for number in came:
            os.kill(programs[0], number)
        code = int(server.recv(32))
    if code < 0:
        if -code != signal.SIGKILL:
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


def serve(inherited):
    """Fork a program for every call; returns in each of them, as what the caller is."""
    import gc
    import select

    import_all()
    gc.freeze()  # so that nothing is copied for the sake of counting it
    listener, running = socket.socket(fileno=int(inherited)), {}
    while sys.stdin not in (ready := select.select([listener, sys.stdin, *running], [], [])[0]):
        for ended in running.keys() & set(ready):
            program, caller = running.pop(ended)
            _, status = os.waitpid(program, 0)
            caller.send(b"%d" % os.waitstatus_to_exitcode(status))
            caller.close()
            os.close(ended)
        if listener not in ready:
            continue
        caller, _ = listener.accept()
        data, files, _, _ = socket.recv_fds(caller, MESSAGE_BYTES, MOST_FILES)
        program = os.fork()
        if not program:
            for opened in (listener, caller):
                opened.detach()  # what it has open is the caller's from now on
            return become(files, marshal.loads(data))  # noqa: S302 - our own caller's
        for file in files:
            os.close(file)
        caller.send(b"%d" % program)
        running[os.pidfd_open(program)] = program, caller
    return os._exit(0)


def become(files, told):
    """Be to the system what the caller is."""
    import time

    files = [fcntl.fcntl(file, fcntl.F_DUPFD, MOST_FILES) for file in files]  # out of the way
    os.closerange(0, MOST_FILES)
    for file, number in zip(files, told["files"], strict=True):
        os.dup2(file, number)
        os.close(file)
    for number in PASSED_ON:
        signal.signal(number, signal.SIG_IGN if number in told["ignored"] else signal.SIG_DFL)
    if signal.SIGINT not in told["ignored"]:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    resource.setrlimit(resource.RLIMIT_FSIZE, told["file_size"])
    os.chdir(told["folder"])
    os.environ.clear()
    os.environ.update(told["environment"])
    time.tzset()
    for number, (name, mode) in enumerate((("stdin", "r"), ("stdout", "w"), ("stderr", "w"))):
        buffering = 1 if name == "stderr" else -1
        setattr(sys, name, os.fdopen(number, mode, buffering, "utf-8", closefd=False)
                if number in told["files"] else None)  # fmt: skip
    sys.argv = list(told["words"])


def run():
    """Be to Python what it is started with."""
    if sys.argv[0] == "rfmtool":
        from rfmtool.__main__ import main

        main()
    sys.argv.pop(0)
    if sys.argv[0] == "-c":
        exec(sys.argv.pop(1), {"__name__": "__main__"})  # noqa: S102 - the test's own
    else:
        import runpy

        sys.path[0] = os.path.dirname(sys.argv[0])  # noqa: PTH120 - pathlib is slow
        runpy.run_path(sys.argv[0], run_name="__main__")


def end(code):
    """End as Python does, but for letting go of every object, which takes longest."""
    import atexit
    import traceback

    atexit._run_exitfuncs()  # noqa: SLF001 - no other way to have them run
    for stream in filter(None, (sys.stdout, sys.stderr)):
        try:
            stream.flush()
        except OSError:
            traceback.print_exc()
            code = 120
    os._exit(code)


def main(what, place, *words):
    if what == "call":
        call(place, *words)
    serve(place)
    try:
        run()
    except SystemExit as ended:
        if isinstance(ended.code, str):
            print(ended.code, file=sys.stderr)  # noqa: T201 - as Python does
        end(ended.code if isinstance(ended.code, int) else int(ended.code is not None))
    except BaseException:  # noqa: BLE001 - as Python does
        sys.excepthook(*sys.exc_info())
        end(1)
    end(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
