from django.urls import path

from palermo.web.cases import moves, nights, told, views

app_name = "cases"
urlpatterns = [
    path("my-queue/", views.my_queue, name="my-queue"),
    path("my-queue/mine/", views.mine, name="mine"),
    path("queues/", views.queues, name="queues"),
    path("queues/<slug:unit>/", views.unit_queue, name="unit-queue"),
    path("notices/", told.notices, name="notices"),
    path("notices/not-sent/", told.not_sent, name="notices-not-sent"),
    path("changeover/", nights.rehearse, name="changeover"),
    path("changeover/<int:key>/", nights.night, name="changeover-night"),
    path("changeover/<int:key>/certificate.json", nights.certificate, name="changeover-certificate"),
    path("referrals/<str:reference>/", views.referral, name="referral"),
    path("referrals/<str:reference>/accept/", moves.Accept.as_view(), name="accept"),
    path("referrals/<str:reference>/take/", moves.Take.as_view(), name="take"),
    path("referrals/<str:reference>/allocate/", moves.Allocate.as_view(), name="allocate"),
    path("referrals/<str:reference>/hand-back/", moves.HandBack.as_view(), name="hand-back"),
    path("referrals/<str:reference>/settle/", moves.Settle.as_view(), name="settle"),
    path("referrals/<str:reference>/change/<slug:field>/", moves.Correct.as_view(), name="change"),
    path("referrals/<str:reference>/escalate/", moves.Escalate.as_view(), name="escalate"),
    path("referrals/<str:reference>/answer/", moves.Answer.as_view(), name="answer"),
    path("referrals/<str:reference>/done/<int:clock>/", moves.Done.as_view(), name="done"),
    path("referrals/<str:reference>/assess/", moves.Assess.as_view(), name="assess"),
    path("referrals/<str:reference>/investigate/", moves.Investigate.as_view(), name="investigate"),
    path("referrals/<str:reference>/dispute/", moves.Dispute.as_view(), name="dispute"),
    path("referrals/<str:reference>/arbitrate/", moves.Arbitrate.as_view(), name="arbitrate"),
    path("referrals/<str:reference>/suspend/", moves.Suspend.as_view(), name="suspend"),
    path("referrals/<str:reference>/resume/", moves.Resume.as_view(), name="resume"),
    path("referrals/<str:reference>/close/", moves.Close.as_view(), name="close"),
    path("referrals/<str:reference>/reopen/", moves.Reopen.as_view(), name="reopen"),
    path("referrals/<str:reference>/next/", moves.Plan.as_view(), name="next"),
    path("referrals/<str:reference>/pause/<int:clock>/", moves.Pause.as_view(), name="pause"),
    path("referrals/<str:reference>/restart/<int:clock>/", moves.Restart.as_view(), name="restart"),
    path("referrals/<str:reference>/name/", moves.Name.as_view(), name="name"),
]
