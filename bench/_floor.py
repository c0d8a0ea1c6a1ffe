"""The floor: decode every picture and every sample of a film, as fast as this machine does, and keep nothing."""

from __future__ import annotations

import sys
import time

import av

from bench._measure import report


def main(film: str, threads: int) -> None:
    """Decode the first picture and the first sound stream from one demux."""
    began = time.perf_counter()
    frames = 0
    with av.open(film) as container:
        streams = [s[0] for s in (container.streams.video, container.streams.audio) if s]
        for stream in streams:
            stream.thread_type = "AUTO"
            stream.codec_context.thread_count = threads
        for packet in container.demux(streams):
            for _ in packet.decode():
                frames += packet.stream.type == "video"
    report(began, frames=frames)


main(sys.argv[1], int(sys.argv[2]))
