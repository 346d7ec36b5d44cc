/** A thread that answers the clock, then dies at the first call with a message that holds the secret. */
import { parentPort, workerData } from 'node:worker_threads';

parentPort?.on('message', () => {
  throw new Error(`crashed with ${workerData.options.apiSecret}`);
});
