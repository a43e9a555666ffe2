/** Which schedule a job is of, and the time that it was made for (RFC 3339). */
export interface SchedulePlace {
  name: string;
  scheduledAt: string;
}
