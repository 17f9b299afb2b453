from django.urls import path

from palermo.domain.support import Step
from palermo.web.support import views

app_name = "support"
ONE = "referrals/<str:reference>/support/<int:key>"
urlpatterns = [
    path("support/", views.requests, name="requests"),
    path("support/safeguarding/", views.untold, name="untold"),
    path("support/<slug:show>/", views.requests, name="list"),
    path("referrals/<str:reference>/safeguarding/", views.safeguarding, name="safeguarding"),
    path("referrals/<str:reference>/safeguarding/tell/", views.TellPartner.as_view(), name="tell-partner"),
    path("referrals/<str:reference>/safeguarding/contact/", views.AddContact.as_view(), name="partner-contact"),
    path("referrals/<str:reference>/support/", views.support, name="support"),
    path("referrals/<str:reference>/support/ask/", views.Ask.as_view(), name="ask"),
    path(f"{ONE}/{Step.ANSWER}/", views.AnswerRequest.as_view(), name=Step.ANSWER),
    path(f"{ONE}/{Step.WITHDRAW}/", views.Withdraw.as_view(), name=Step.WITHDRAW),
    path(f"{ONE}/{Step.DISPUTE}/", views.Dispute.as_view(), name=Step.DISPUTE),
    path(f"{ONE}/{Step.ARBITRATE}/", views.Settle.as_view(), name=Step.ARBITRATE),
    path(f"{ONE}/{Step.APPOINT}/", views.Appoint.as_view(), name=Step.APPOINT),
    path(f"{ONE}/{Step.END}/", views.End.as_view(), name=Step.END),
]
