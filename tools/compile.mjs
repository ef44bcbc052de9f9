// Runs Pyodide, which is CPython compiled to WebAssembly, to compile a folder of Python sources.
// node compile.mjs PYODIDE FOLDER PREPEND CODE: CODE is Python, given `folder` and `prepend`.
import { pathToFileURL } from "node:url";

const [pyodide, folder, prepend, code] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(`${pyodide}/pyodide.mjs`));
const python = await loadPyodide({ indexURL: `${pyodide}/` });
python.FS.mkdirTree("/work");
python.FS.mount(python.FS.filesystems.NODEFS, { root: folder }, "/work");
process.exitCode = python.runPython(code, {
  globals: python.toPy({ folder: "/work", prepend }),
});
