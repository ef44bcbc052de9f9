"""The built packages against their budget, for `make size`."""

from __future__ import annotations

from pathlib import Path

from tools.layer import BUDGET, ROOT, size

LARGEST = 8


def main() -> None:
    build = ROOT / ".aws-sam" / "build"
    layer = build / "Layer"
    total = size(layer)
    print(f"layer      {total / 1e6:6.1f} MB of {BUDGET / 1e6:.0f} MB ({100 * total // BUDGET} %)")
    for bytes_, path in sorted(((_size(path), path) for path in (layer / "python").iterdir()), reverse=True)[:LARGEST]:
        print(f"  {path.name:30} {bytes_ / 1e6:6.1f} MB")
    for folder in sorted(build.glob("*Function")):
        print(f"{folder.name:20} {size(folder) / 1e3:6.1f} kB")


def _size(path: Path) -> int:
    return size(path) if path.is_dir() else path.stat().st_size


if __name__ == "__main__":
    main()
