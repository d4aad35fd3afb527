/*
 * Preloaded into the program: the engine's process gets an environment of its own, so what it is started with puts the faulty disk before it.
 */
import { isMainThread } from "node:worker_threads";

const node = process.env["FAULTY_NODE"];
if (node !== undefined && isMainThread) process.execPath = node;
