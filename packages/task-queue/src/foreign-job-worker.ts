import { Worker, type Job, type JobJson } from "bullmq";

/**
 * A BullMQ worker that keeps the data of its jobs as text: parsed by BullMQ, large numbers would be rounded without a
 * word, and data that are no JSON would make every fetch of the job fail.
 */
export class ForeignJobWorker extends Worker {
  readonly #data = new WeakMap<Job, string>();

  dataOf(job: Job): string {
    return this.#data.get(job) ?? "";
  }

  protected override createJob(stored: JobJson, jobId: string): Job {
    const job = super.createJob({ ...stored, data: "{}" }, jobId);
    this.#data.set(job, stored.data);
    // What the producer says counts before what a worker says, and a job that stayed would turn away a later one of its id.
    job.opts.removeOnComplete = true;
    job.opts.removeOnFail = true;
    return job;
  }
}
