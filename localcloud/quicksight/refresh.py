"""Schedules by which SPICE is filled anew. They are kept; nothing runs by them here."""

from localcloud.engine import ServiceError

MOST = 5


class RefreshSchedules:
    """Actions of a data set's refresh schedules."""

    def create_refresh_schedule(self, request):
        record, given = self.found(request, "dataset", request.body["DataSetId"]), request.body["Schedule"]
        if record["shown"]["ImportMode"] != "SPICE":
            raise ServiceError("InvalidParameterValueException", "Refresh schedules are for data sets of the import mode SPICE")
        if given["ScheduleId"] in record["schedules"]:
            raise ServiceError("ResourceExistsException", f"RefreshSchedule {given['ScheduleId']} already exists", 409)
        if len(record["schedules"]) >= MOST:
            raise ServiceError("LimitExceededException", f"a data set has at most {MOST} refresh schedules", 409)
        return self._keep(record, given)

    def update_refresh_schedule(self, request):
        record, given = self.found(request, "dataset", request.body["DataSetId"]), request.body["Schedule"]
        _schedule(record, given["ScheduleId"])
        return self._keep(record, given)

    def _keep(self, record, given):
        arn = f"{record['shown']['Arn']}/refresh-schedule/{given['ScheduleId']}"
        record["schedules"][given["ScheduleId"]] = {**given, "Arn": arn}
        return {"Arn": arn, "ScheduleId": given["ScheduleId"]}

    def describe_refresh_schedule(self, request):
        found = _schedule(self.found(request, "dataset", request.body["DataSetId"]), request.body["ScheduleId"])
        return {"RefreshSchedule": found, "Arn": found["Arn"]}

    def list_refresh_schedules(self, request):
        record = self.found(request, "dataset", request.body["DataSetId"])
        return {"RefreshSchedules": [found for _, found in sorted(record["schedules"].items())]}

    def delete_refresh_schedule(self, request):
        record = self.found(request, "dataset", request.body["DataSetId"])
        found = _schedule(record, request.body["ScheduleId"])
        del record["schedules"][found["ScheduleId"]]
        return {"Arn": found["Arn"], "ScheduleId": found["ScheduleId"]}


def _schedule(record, identity):
    try:
        return record["schedules"][identity]
    except KeyError:
        raise ServiceError("ResourceNotFoundException", f"RefreshSchedule {identity} is not found", 404) from None
