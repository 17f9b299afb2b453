from django.urls import path

from palermo.web.operations import moves, proposing, tasking, views

app_name = "operations"
urlpatterns = [
    path("operations/", views.operations, name="operations"),
    path("operations/propose/", proposing.propose, name="propose"),
    *(
        path(f"operations/propose/<uuid:id>/{name}/", proposing.step, {"name": name}, name=f"propose-{name}")
        for name, _ in proposing.STEPS
    ),
    path("operations/propose/<uuid:id>/check/", proposing.check, name="propose-check"),
    path("operations/propose/<uuid:id>/delete/", proposing.delete, name="propose-delete"),
    path("operations/<str:key>/", views.operation, name="operation"),
    path("operations/<str:key>/plan/", moves.Revise.as_view(), name="plan"),
    path("operations/<str:key>/score/", moves.Score.as_view(), name="score"),
    path("operations/<str:key>/propose-again/", moves.ProposeAgain.as_view(), name="propose-again"),
    path("operations/<str:key>/start/", moves.Start.as_view(), name="start"),
    path("operations/<str:key>/end/", moves.End.as_view(), name="end"),
    path("operations/<str:key>/link/", moves.Link.as_view(), name="link"),
    path("operations/<str:key>/cases/<str:reference>/", moves.Unlink.as_view(), name="unlink"),
    path("operations/<str:key>/use/", moves.Use.as_view(), name="use"),
    path("operations/<str:key>/result/", moves.Result.as_view(), name="result"),
    path("operations/<str:key>/cost/", moves.Cost.as_view(), name="cost"),
    path("operations/<str:key>/report/", moves.Report.as_view(), name="report"),
    path("operations/<str:key>/entries/<slug:kind>/<int:entry>/", moves.put_right, name="put-right"),
    path("tasking/", tasking.meetings, name="meetings"),
    path("tasking/new/", tasking.new, name="meeting-new"),
    path("tasking/<int:key>/", tasking.meeting, name="meeting"),
    path("tasking/<int:key>/open/", tasking.Open.as_view(), name="meeting-open"),
    path("tasking/<int:key>/cancel/", tasking.Cancel.as_view(), name="meeting-cancel"),
    path("tasking/<int:key>/close/", tasking.Close.as_view(), name="meeting-close"),
    path("tasking/<int:key>/add/", tasking.Add.as_view(), name="meeting-add"),
    path("tasking/<int:key>/minutes.pdf", tasking.download, name="minutes-pdf"),
    path("tasking/<int:key>/agenda/<slug:section>/", tasking.section, name="agenda"),
    path("tasking/<int:key>/decide/case/", tasking.TaskCase.as_view(), name="decide-case"),
    path("tasking/<int:key>/decide/other/", tasking.Other.as_view(), name="decide-other"),
    path("tasking/<int:key>/decide/<str:operation>/", tasking.Decide.as_view(), name="decide"),
    path("tasking/<int:key>/resources/<str:operation>/", tasking.Resources.as_view(), name="decide-resources"),
    path("tasks/", tasking.tasks, name="tasks"),
    path("tasks/<int:key>/", tasking.task, name="task"),
    path("referrals/<str:reference>/operations/", views.of_referral, name="of-referral"),
]
