"""The stand-in by hand: `python -m tests.fakes.appwrite --port 8399`, until Ctrl-C."""

import argparse
import threading

from tests.fakes.appwrite import AppwriteStandin

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8399)
    with AppwriteStandin(port=parser.parse_args().port) as standin:
        print(f"APPWRITE_ENDPOINT={standin.endpoint}")
        print(f"APPWRITE_PROJECT_ID={standin.project}")
        print(f"APPWRITE_API_KEY={standin.key}")
        print("APPWRITE_DATABASE_ID=game", flush=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            print("stopped")
