/** Stands in for the program's entry file: the thread alone. */
import { workerData } from 'node:worker_threads';
import { runExchangeThread } from '../../src/exchange/thread.ts';

runExchangeThread(workerData);
