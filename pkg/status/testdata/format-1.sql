-- A store of format 1, as statusd has written it. See TestOldFormat.
CREATE TABLE statuses (
		machine TEXT NOT NULL PRIMARY KEY,
		status  TEXT NOT NULL,
		since   TEXT NOT NULL,
		seq     INTEGER NOT NULL
	) STRICT, WITHOUT ROWID;
CREATE TABLE changes (
		seq     INTEGER PRIMARY KEY,
		machine TEXT NOT NULL,
		before  TEXT NOT NULL,
		status  TEXT NOT NULL,
		time    TEXT NOT NULL
	) STRICT;
CREATE INDEX changes_by_machine ON changes (machine, seq);
CREATE INDEX changes_by_time ON changes (time);
INSERT INTO changes VALUES
	(1, '', '', 'IDLE', '2024-05-06T08:00:00.000Z'),
	(2, 'm1', '', 'IDLE', '2024-05-06T08:30:00.000Z'),
	(3, 'm1', 'IDLE', 'STARTED', '2024-05-06T09:00:00.500Z'),
	(4, 'm2', '', 'BROKEN', '2024-05-06T10:00:00.000Z');
INSERT INTO statuses VALUES
	('', 'IDLE', '2024-05-06T08:00:00.000Z', 1),
	('m1', 'STARTED', '2024-05-06T09:00:00.500Z', 3),
	('m2', 'BROKEN', '2024-05-06T10:00:00.000Z', 4);
PRAGMA application_id = 2003134834;
PRAGMA user_version = 1;
