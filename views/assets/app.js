import { refreshByItself } from './refresh.js';
import { improveForms } from './send-form.js';
import { localizeTimes } from './times.js';
import { watchJob } from './watch-job.js';

// Every page works without this. What it adds: states that change in place, upload progress, times in the reader's zone.
localizeTimes(document);
for (const card of document.querySelectorAll('[data-job]')) watchJob(card);
improveForms();
for (const part of document.querySelectorAll('[data-refresh]')) refreshByItself(part);
